//! The only room that names sqlx. It speaks domain types, one file a noun.
