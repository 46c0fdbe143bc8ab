//! The conversation: what a text means to somebody who was asked something, and what follows of it.

mod asked;
mod followed;
mod joined;
mod news;
mod property;
mod shared;
mod ward;
