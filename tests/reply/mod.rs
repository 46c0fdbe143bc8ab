//! What patients' texts mean.

#[cfg(test)]
mod table;
