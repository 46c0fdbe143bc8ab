//! The two decimal floats of medical devices: SFLOAT of 16 bits and FLOAT of 32, as IEEE 11073-20601 defines them and
//! Bluetooth sends them, lowest byte first. Exponent and mantissa are two's complement; some mantissas are no numbers.

/// An SFLOAT: 4 bits of exponent, 12 of mantissa. Nothing when it stands for no number.
pub fn sfloat(bytes: [u8; 2]) -> Option<f64> {
    let raw = u16::from_le_bytes(bytes);
    // In order: +infinity, NaN, not at this resolution, reserved, -infinity; whatever the exponent says.
    if matches!(raw & 0x0fff, 0x07fe..=0x0802) {
        return None;
    }
    let raw = raw.cast_signed();
    Some(decimal(i32::from((raw << 4) >> 4), i32::from(raw >> 12)))
}

/// A FLOAT: 8 bits of exponent, 24 of mantissa. Nothing when it stands for no number.
pub fn float(bytes: [u8; 4]) -> Option<f64> {
    let raw = u32::from_le_bytes(bytes);
    if matches!(raw & 0x00ff_ffff, 0x007f_fffe..=0x0080_0002) {
        return None;
    }
    let raw = raw.cast_signed();
    Some(decimal((raw << 8) >> 8, raw >> 24))
}

/// Divides by a whole power of ten where it can, so that 376e-1 is exactly what 37.6 reads as.
fn decimal(mantissa: i32, exponent: i32) -> f64 {
    let mantissa = f64::from(mantissa);
    match exponent {
        0.. => mantissa * 10f64.powi(exponent),
        _ => mantissa / 10f64.powi(-exponent),
    }
}
