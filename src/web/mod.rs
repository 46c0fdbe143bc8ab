//! Nurses' page and JSON API.
