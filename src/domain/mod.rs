//! The pure core: what readings, texts, limits and alerts mean.
//!
//! Nothing here knows a clock, a socket, a database or chance. Everything takes `now` and state as
//! arguments and returns a value with a named reason, so any decision can be replayed bit for bit.

pub mod alert;
pub mod answer;
pub mod audit;
pub mod candour;
pub mod carer;
pub mod chart;
pub mod cost;
pub mod decide;
pub mod delivery;
pub mod device;
pub mod dispatch;
pub mod enrolment;
pub mod escalation;
pub mod event;
pub mod figure;
pub mod format;
pub mod history;
pub mod id;
pub mod line;
pub mod lost;
pub mod message;
pub mod news2;
pub mod organisation;
pub mod part;
pub mod patient;
pub mod payload;
pub mod phone;
pub mod profile;
pub mod protocol;
pub mod provider;
pub mod queue;
pub mod reading;
pub mod rehearsal;
pub mod reply;
pub mod retention;
pub mod rule;
pub mod secret;
pub mod segment;
pub mod silence;
pub mod stream;
pub mod task;
pub mod threshold;
pub mod unit;
pub mod vital;
pub mod wording;
