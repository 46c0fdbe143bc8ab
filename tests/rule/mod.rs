//! Rules judged through charts: the score against a second implementation, and the command that judges the past.

mod backtest;
mod news2;
