//! Loads the clinical files into domain types and proves them; faults name file, line and column.
