//! The clinical files that ship, and every way in which such a file can be wrong.

mod shipped;
