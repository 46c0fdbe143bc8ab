//! The configuration: one TOML file, every key overridable from the environment.
