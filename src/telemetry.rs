//! Logs and metrics, free of names, numbers and words.
