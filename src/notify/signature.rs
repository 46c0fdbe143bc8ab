//! The signature of a hook's call: `Lamplight-Signature: t=<seconds>,v1=<hexadecimal>`, where `v1` is HMAC-SHA256 under
//! the site's secret over the seconds, a full stop and the body as it was sent. Whoever is called checks both: the
//! signature, and that the seconds are not long ago.

use ring::hmac;

use crate::domain::secret::Secret;

pub const HEADER: &str = "Lamplight-Signature";

/// The header's value for a body that is sent at `seconds` after the epoch.
pub fn sign(secret: &Secret, seconds: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{seconds}.").as_bytes());
    context.update(body);
    let signature: String = context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={signature}")
}
