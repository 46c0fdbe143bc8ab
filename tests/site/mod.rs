//! The site's file, and the proof that somebody is there: hours, rotas, rosters, coverage, calendars.

mod calendar;
mod command;
mod coverage;
mod fault;
mod file;
mod hours;
mod minute;
mod roster;
mod rota;
