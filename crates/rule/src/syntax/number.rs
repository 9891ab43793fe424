//! Numbers as CPython 3.11 writes them.
//!
//! Leaves out integers beyond 127 bits, which are refused.

/// A number's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// A whole number.
    Int(i128),
    /// A floating-point number.
    Float(f64),
    /// Imaginary: known, not part of the language.
    Imaginary,
}

/// Reads a number.
///
/// # Errors
/// What is wrong with it, in CPython's words.
pub(crate) fn number(text: &str) -> Result<Number, String> {
    let lower = text.to_ascii_lowercase();
    for (prefix, radix, kind) in
        [("0x", 16, "hexadecimal"), ("0o", 8, "octal"), ("0b", 2, "binary")]
    {
        if let Some(digits) = lower.strip_prefix(prefix) {
            let digits = digits.strip_prefix('_').unwrap_or(digits);
            let digits = grouped(digits).ok_or_else(|| format!("invalid {kind} literal"))?;
            if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
                return Err(format!("invalid {kind} literal"));
            }
            return i128::from_str_radix(&digits, radix).map(Number::Int).map_err(|_| too_large());
        }
    }
    decimal(&lower)
}

fn too_large() -> String {
    "an integer of more than 127 bits is not available".to_owned()
}

fn decimal(lower: &str) -> Result<Number, String> {
    let invalid = || "invalid decimal literal".to_owned();
    let (real, imaginary) = match lower.strip_suffix('j') {
        Some(real) => (real, true),
        None => (lower, false),
    };
    let (mantissa, exponent) = match real.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (real, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| {
        grouped(text)
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
            .ok_or_else(invalid)
    };
    let whole = digits(whole)?;
    if let (None, None, false) = (fraction, exponent, imaginary) {
        if whole.len() > 1 && whole.starts_with('0') && whole.bytes().any(|byte| byte != b'0') {
            return Err("leading zeros in decimal integer literals are not permitted; use an 0o \
                        prefix for octal integers"
                .to_owned());
        }
        return whole.parse().map(Number::Int).map_err(|_| too_large());
    }
    let fraction = digits(fraction.unwrap_or(""))?;
    let mut written = format!("{whole}.{fraction}");
    if let Some(exponent) = exponent {
        let (sign, size) = match exponent.strip_prefix(['+', '-']) {
            Some(size) => (&exponent[..1], size),
            None => ("", exponent),
        };
        let size = digits(size)?;
        if size.is_empty() {
            return Err(invalid());
        }
        written.push_str(&format!("e{sign}{size}"));
    }
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let value = if written.starts_with('.') { format!("0{written}") } else { written };
    let value = value.parse().map_err(|_| invalid())?;
    Ok(if imaginary { Number::Imaginary } else { Number::Float(value) })
}

/// Digits without their underscores; `None` if one stands at an end or beside another.
fn grouped(digits: &str) -> Option<String> {
    let wrong = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    (!wrong).then(|| digits.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Result<Number, &str>) {
        assert_eq!(number(text), expect.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn numbers_are_pythons() {
        check("0", Ok(Number::Int(0)));
        check("000", Ok(Number::Int(0)));
        check("1_000", Ok(Number::Int(1000)));
        check("0xFF", Ok(Number::Int(255)));
        check("0x_ff", Ok(Number::Int(255)));
        check("0o17", Ok(Number::Int(15)));
        check("0b101", Ok(Number::Int(5)));
        check("1.", Ok(Number::Float(1.0)));
        check(".5", Ok(Number::Float(0.5)));
        check("1e3", Ok(Number::Float(1000.0)));
        check("1_0.2_5E-1", Ok(Number::Float(1.025)));
        check("1j", Ok(Number::Imaginary));
        check("00.5", Ok(Number::Float(0.5)));
        check("123456789012345678901234567890", Ok(Number::Int(123456789012345678901234567890)));
    }

    #[test]
    fn what_python_refuses_is_refused() {
        for text in ["1_", "1__0", "1a", "1e", "1e+", "1.2.3", "1_.5", "."] {
            check(text, Err("invalid decimal literal"));
        }
        check("0x", Err("invalid hexadecimal literal"));
        check("0b12", Err("invalid binary literal"));
        check("0o8", Err("invalid octal literal"));
        assert!(number("0123").is_err());
        assert!(number(&"9".repeat(40)).is_err());
    }
}
