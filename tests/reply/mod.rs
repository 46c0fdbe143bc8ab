//! What patients' texts mean.

#[cfg(test)]
mod property;
#[cfg(test)]
mod table;
