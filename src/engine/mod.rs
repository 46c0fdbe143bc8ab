//! Use cases; each is one transaction.
