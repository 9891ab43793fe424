//! The guard of what leaves: nothing inside the network is reached unless that is allowed.
//!
//! Names are resolved here and every address is looked at, and the connection is made to the
//! addresses that were looked at, so that a name cannot point elsewhere between the two. Leaves
//! out the requests themselves.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

/// Addresses taken of one answer at most.
const ADDRESSES_MAX: usize = 32;

/// IPv4 networks that are not for the public: address, bits, and what they are.
const CLOSED_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),       // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private, RFC 1918
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // carrier-grade NAT, RFC 6598
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, and the metadata of clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocols
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 31, 196, 0), 24), // AS112
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // relays of 6to4
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarking
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, and broadcast
];

/// IPv6 networks within the global ones that are not for the public.
const CLOSED_V6: [(Ipv6Addr, u32); 6] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocols, Teredo, benchmarking
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48), // AS112
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16), // the former test network
    (Ipv6Addr::new(0x3ffe, 0x831f, 0, 0, 0, 0, 0, 0), 32), // the former Teredo
];

/// Whether an address is reached over the public internet.
///
/// What carries an IPv4 address within (mapped, NAT64, 6to4) is what that address is; what the
/// registries of IANA do not give out is closed.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !CLOSED_V4.iter().any(|(network, bits)| in_v4(v4, *network, *bits)),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let carried = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
    };
    match parts {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            carried(high, low)
        }
        [0x2002, high, low, ..] => carried(high, low),
        // Only 2000::/3 is given out; the rest is loopback, local, multicast or nobody's.
        _ => {
            in_v6(address, Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
                && !CLOSED_V6.iter().any(|(network, bits)| in_v6(address, *network, *bits))
        }
    }
}

fn in_v4(address: Ipv4Addr, network: Ipv4Addr, bits: u32) -> bool {
    let apart = address.to_bits() ^ network.to_bits();
    apart.checked_shr(32 - bits).unwrap_or(0) == 0
}

fn in_v6(address: Ipv6Addr, network: Ipv6Addr, bits: u32) -> bool {
    let apart = address.to_bits() ^ network.to_bits();
    apart.checked_shr(128 - bits).unwrap_or(0) == 0
}

/// Whether `http` without TLS may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Http {
    /// Only `https`.
    Refused,
    /// Both.
    Allowed,
}

/// Something inside the network that may be reached: a host by its name, or addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// A host, whatever its addresses are.
    Host(String),
    /// A network: its address and its bits.
    Network(IpAddr, u32),
}

impl Allowed {
    /// Reads `host.example`, `10.1.2.3`, `10.1.0.0/16` or `fd00::/8`.
    ///
    /// # Errors
    /// [`EgressError::NotAllowed`] if it is none of these.
    pub fn parse(text: &str) -> Result<Self, EgressError> {
        let refuse = || EgressError::NotAllowed(text.to_owned());
        let (part, bits) = match text.split_once('/') {
            Some((part, bits)) => (part, Some(bits.parse::<u32>().map_err(|_| refuse())?)),
            None => (text, None),
        };
        if let Ok(address) = part.parse::<IpAddr>() {
            let bits_all = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.unwrap_or(bits_all);
            return if bits <= bits_all { Ok(Self::Network(address, bits)) } else { Err(refuse()) };
        }
        match Host::parse(part) {
            Ok(Host::Domain(name)) if bits.is_none() => Ok(Self::Host(bare(&name).to_owned())),
            _ => Err(refuse()),
        }
    }

    fn is_host(&self, host: &str) -> bool {
        matches!(self, Self::Host(name) if name == bare(host))
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (Self::Network(IpAddr::V4(network), bits), IpAddr::V4(v4)) => {
                in_v4(v4, *network, *bits)
            }
            (Self::Network(IpAddr::V6(network), bits), IpAddr::V6(v6)) => {
                in_v6(v6, *network, *bits)
            }
            _ => false,
        }
    }
}

/// A name without the dot that ends it.
fn bare(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Why something is not reached.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// Neither a host nor a network.
    #[error("`{0}` is neither a host nor an address with an optional prefix, such as 10.1.0.0/16")]
    NotAllowed(String),
    /// Another scheme than `https`, or `http` where that is not allowed.
    #[error("only https is reached{}", if *.http == Http::Allowed { ", or http" } else { "" })]
    Scheme {
        /// What is allowed.
        http: Http,
    },
    /// The address names an account or a password.
    #[error("an address with a name or password before its host is not reached")]
    Credentials,
    /// There is no host in it.
    #[error("the address has no host")]
    NoHost,
    /// An address inside the network.
    #[error("it lies at {0}, inside the network; allow it if that is meant")]
    Inside(IpAddr),
    /// The name has no address.
    #[error("the name has no address")]
    NoAddress,
    /// The name could not be resolved.
    #[error("the name could not be resolved")]
    Unresolved(#[source] std::io::Error),
}

/// Where names are resolved.
enum Names {
    /// The system.
    System,
    /// Answers that stand fixed.
    #[cfg(test)]
    Fixed(Vec<(&'static str, Vec<SocketAddr>)>),
}

/// What may be reached.
pub struct Guard {
    allowed: Vec<Allowed>,
    http: Http,
    names: Names,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("allowed", &self.allowed).field("http", &self.http).finish()
    }
}

impl Guard {
    /// Lets through what is public and what is allowed.
    #[must_use]
    pub fn new(allowed: Vec<Allowed>, http: Http) -> Self {
        Self { allowed, http, names: Names::System }
    }

    #[cfg(test)]
    pub(super) fn with_names(
        allowed: Vec<Allowed>,
        http: Http,
        names: Vec<(&'static str, Vec<SocketAddr>)>,
    ) -> Self {
        Self { allowed, http, names: Names::Fixed(names) }
    }

    /// Looks at an address before it is reached: its scheme, and its host where that is a
    /// number, in whatever spelling. Names are looked at when they are resolved.
    ///
    /// # Errors
    /// [`EgressError`].
    pub fn check(&self, url: &Url) -> Result<(), EgressError> {
        match (url.scheme(), self.http) {
            ("https", _) | ("http", Http::Allowed) => {}
            _ => return Err(EgressError::Scheme { http: self.http }),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EgressError::Credentials);
        }
        match url.host().ok_or(EgressError::NoHost)? {
            Host::Ipv4(v4) => self.admit_one(v4.into()),
            Host::Ipv6(v6) => self.admit_one(v6.into()),
            Host::Domain(_) => Ok(()),
        }
    }

    fn admit_one(&self, address: IpAddr) -> Result<(), EgressError> {
        let is_allowed = || self.allowed.iter().any(|allowed| allowed.holds(address));
        match is_public(address) || is_allowed() {
            true => Ok(()),
            false => Err(EgressError::Inside(address)),
        }
    }

    /// Resolves a name.
    ///
    /// # Errors
    /// [`EgressError::Inside`] if any address of the answer is inside and not allowed: one that
    /// mixes both is an attempt to get in.
    pub async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, EgressError> {
        let addresses: Vec<SocketAddr> = match &self.names {
            Names::System => {
                let found = tokio::net::lookup_host((host, 0)).await;
                found.map_err(EgressError::Unresolved)?.take(ADDRESSES_MAX).collect()
            }
            #[cfg(test)]
            Names::Fixed(names) => {
                let found = names.iter().find(|(name, _)| *name == host);
                found.map(|(_, addresses)| addresses.clone()).unwrap_or_default()
            }
        };
        if !self.allowed.iter().any(|allowed| allowed.is_host(host)) {
            addresses.iter().try_for_each(|address| self.admit_one(address.ip()))?;
        }
        if addresses.is_empty() { Err(EgressError::NoAddress) } else { Ok(addresses) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        let closed = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1
            127.255.255.254 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1
            192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255
            198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
            :: ::1 ::2 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
            64:ff9b::10.0.0.1 64:ff9b::127.0.0.1 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:2::1
            2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101::
            3ffe:831f::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fdff::1 fe80::1 febf::1 fec0::1
            ff02::1 ffff::1 4000::1";
        for address in closed.split_whitespace() {
            assert!(!is_public(address.parse().unwrap()), "{address} is let through");
        }
        let open = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.1.1.1
            128.0.0.1 169.253.1.1 172.15.255.255 172.32.0.1 192.0.1.1 192.167.1.1 198.17.1.1
            198.20.0.1 223.255.255.255 2606:4700::1111 2a00:1450::1 2001:4860:4860::8888
            ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1 2001:200::1";
        for address in open.split_whitespace() {
            assert!(is_public(address.parse().unwrap()), "{address} is held back");
        }
    }

    fn check(url: &str, allowed: &[&str], http: Http) -> Result<(), EgressError> {
        let allowed = allowed.iter().map(|text| Allowed::parse(text).unwrap()).collect();
        Guard::new(allowed, http).check(&Url::parse(url).unwrap())
    }

    #[test]
    fn odd_spellings_of_an_inner_address_are_seen_through() {
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "0x7f000001",
            "127.0.0.1.",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "①②⑦.0.0.1",
            "169.254.169.254",
            "0xa9fea9fe",
            "[fe80::1]",
            "0",
            "127.0.1:8443",
            "%31%32%37.0.0.1",
        ] {
            let found = check(&format!("https://{host}/hook"), &[], Http::Refused);
            assert!(matches!(found, Err(EgressError::Inside(_))), "{host}: {found:?}");
        }
        check("https://9.9.9.9:8443/hook", &[], Http::Refused).unwrap();
    }

    #[test]
    fn only_https_without_credentials_is_reached() {
        let refuse = |url: &str| check(url, &[], Http::Refused).unwrap_err().to_string();
        assert_eq!(refuse("http://platform.example/"), "only https is reached");
        assert_eq!(refuse("ftp://platform.example/"), "only https is reached");
        assert_eq!(refuse("file:///etc/hostname"), "only https is reached");
        assert!(refuse("https://amal@platform.example/").contains("before its host"));
        assert!(refuse("https://:secret@platform.example/").contains("before its host"));
        check("http://platform.example/", &[], Http::Allowed).unwrap();
        let gopher = check("gopher://platform.example/", &[], Http::Allowed).unwrap_err();
        assert_eq!(gopher.to_string(), "only https is reached, or http");
    }

    #[test]
    fn what_is_allowed_is_reached_and_no_more() {
        let allowed = ["10.1.0.0/16", "fd00::/8", "127.0.0.1"];
        for (url, is_reached) in [
            ("https://10.1.255.1/", true),
            ("https://10.2.0.1/", false),
            ("https://[fd12::1]/", true),
            ("https://[fe80::1]/", false),
            ("https://127.0.0.1:99/", true),
            ("https://[::ffff:127.0.0.1]/", true),
            ("https://127.0.0.2/", false),
        ] {
            assert_eq!(check(url, &allowed, Http::Refused).is_ok(), is_reached, "{url}");
        }
        for text in ["", "10.0.0.0/33", "fd00::/129", "10.0.0.0/x", "host.example/8", "a b"] {
            assert!(Allowed::parse(text).is_err(), "{text}");
        }
        assert_eq!(Allowed::parse("0.0.0.0/0").unwrap(), Allowed::Network([0, 0, 0, 0].into(), 0));
        assert!(check("https://10.9.9.9/", &["0.0.0.0/0"], Http::Refused).is_ok());
    }

    #[tokio::test]
    async fn an_answer_that_mixes_public_and_private_is_refused() {
        let at = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
        };
        let names = || {
            vec![
                ("public.example", at(&["9.9.9.9", "2606:4700::1"])),
                ("mixed.example", at(&["9.9.9.9", "10.0.0.1"])),
                ("mapped.example", at(&["::ffff:127.0.0.1"])),
            ]
        };
        let guard = Guard::with_names(Vec::new(), Http::Refused, names());
        assert_eq!(guard.resolve("public.example").await.unwrap().len(), 2);
        for name in ["mixed.example", "mapped.example"] {
            let found = guard.resolve(name).await;
            assert!(matches!(found, Err(EgressError::Inside(_))), "{found:?}");
        }
        assert!(matches!(guard.resolve("none.example").await, Err(EgressError::NoAddress)));
        let allowed = vec![Allowed::parse("Mixed.example.").unwrap()];
        let guard = Guard::with_names(allowed, Http::Refused, names());
        assert_eq!(guard.resolve("mixed.example").await.unwrap().len(), 2);
        assert!(guard.resolve("mapped.example").await.is_err());
        let real = Guard::new(Vec::new(), Http::Refused).resolve("localhost").await;
        assert!(matches!(real, Err(EgressError::Inside(_))), "{real:?}");
    }
}
