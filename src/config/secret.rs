//! Secrets as the configuration takes them.

use crate::domain::secret::Secret;

/// One line without control characters: anything else is a file that was not meant.
pub(super) fn parse(value: &str) -> Result<Secret, String> {
    if value.chars().any(char::is_control) {
        return Err("must be one line without control characters".to_owned());
    }
    Ok(Secret::new(value))
}
