//! The queue that nurses can trust: its order, its pages, what people ask each other, what patients hear, and figures.

mod candour;
mod counted;
mod figure;
mod order;
mod site;
mod told;
mod volume;
mod walk;
