//! What leaves for staff, and what they answer: a real mail server, a real hook, and texts with codes.

mod answered;
mod classed;
mod contact;
mod daemon;
mod hook;
mod hooked;
mod mail;
mod mailed;
mod private;
mod read;
mod staff;
mod ward;
