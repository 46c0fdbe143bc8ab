//! Takes a value apart, front to back.

use jiff::civil::DateTime;

use crate::domain::format::medical_float::{float, sfloat};
use crate::domain::format::{At, refusal};
use crate::domain::payload::Refusal;
use crate::domain::reading::Measurement;
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

/// What is left of a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    rest: &'a [u8],
}

impl<'a> Frame<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (taken, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or_else(|| refusal("The value is shorter than its flags say."))?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Refusal> {
        Ok(self.take::<1>()?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16, Refusal> {
        Ok(u16::from_le_bytes(self.take()?))
    }

    /// Nothing: the device says that it has no number here.
    pub(super) fn sfloat(&mut self) -> Result<Option<f64>, Refusal> {
        Ok(sfloat(self.take()?))
    }

    pub(super) fn float(&mut self) -> Result<Option<f64>, Refusal> {
        Ok(float(self.take()?))
    }

    /// A date and time of 7 bytes. A year, month or day of 0 is one that the device does not know.
    pub(super) fn time(&mut self) -> Result<At, Refusal> {
        let [low, high, month, day, hour, minute, second] = self.take()?;
        let small = |byte: u8| i8::try_from(byte).unwrap_or(-1);
        let year = i16::from_le_bytes([low, high]);
        Ok(
            match DateTime::new(year, small(month), small(day), small(hour), small(minute), small(second), 0)
            {
                Ok(wall) if year > 0 => At::Wall(wall),
                _ => At::Unsaid,
            },
        )
    }

    pub(super) fn len(self) -> usize {
        self.rest.len()
    }

    pub(super) fn end(self) -> Result<(), Refusal> {
        if self.rest.is_empty() { Ok(()) } else { Err(refusal("The value is longer than its flags say.")) }
    }
}

/// A number of a vital in a unit, if it is possible.
pub(super) fn measure(vital: Vital, value: Option<f64>, unit: Unit) -> Result<Measurement, Refusal> {
    let value = value.ok_or_else(|| refusal(format!("The device has no number for {}.", vital.title())))?;
    let value = unit
        .to_canonical(vital, value)
        .ok_or_else(|| refusal(format!("{} does not measure {}.", unit.ucum(), vital.title())))?;
    Measurement::exactly(vital, value).map_err(|_| refusal(format!("The {} is not possible.", vital.title())))
}
