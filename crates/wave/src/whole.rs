//! The one way from a float to a whole number. Leaves out negative numbers: counts have none.

/// The whole part of `value`: 0 below 1 or if it is no number, `u64::MAX` from 2^64 on.
///
/// Written on the bits, because a cast would cut off silently.
pub(crate) fn whole(value: f64) -> u64 {
    if value.is_nan() || value < 1.0 {
        return 0;
    }
    let bits = value.to_bits();
    // At least 1.0, so the exponent is not below its bias.
    let exponent = (bits >> 52) - 1023;
    let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
    match exponent {
        0..=52 => mantissa >> (52 - exponent),
        53..=63 => mantissa << (exponent - 52),
        _ => u64::MAX,
    }
}

/// A count as a float; exact below 2^53, which no hour of posts reaches.
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// A length as a count. No machine of ours has lengths above 64 bits.
pub(crate) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_part_is_exact_at_every_magnitude() {
        for (value, expect) in [
            (f64::NAN, 0),
            (-3.0, 0),
            (0.999, 0),
            (1.0, 1),
            (1.999, 1),
            (4096.5, 4096),
            (9_007_199_254_740_993.0, 9_007_199_254_740_992),
            (1e19, 10_000_000_000_000_000_000),
            (f64::INFINITY, u64::MAX),
        ] {
            assert_eq!(whole(value), expect, "{value}");
        }
        for power in 0..64 {
            assert_eq!(whole(float(1 << power)), 1 << power);
        }
    }
}
