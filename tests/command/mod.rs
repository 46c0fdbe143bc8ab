//! The binary as a person at a terminal or a script sees it: what it prints, where, and its exit code.

mod account;
mod backtest;
mod check;
mod configure;
mod decode;
mod demo;
mod enrol;
mod parse;
mod profile;
mod reload;
mod selfproof;
mod serve;
mod simulate;
mod usage;
