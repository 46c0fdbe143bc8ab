//! Weight in kilograms, pounds, or stones and pounds.

use super::Context;
use super::figure::{Figure, Shape};
use super::finding::{Doubt, Finding, Refusal};
use super::number::Number;
use crate::domain::reading::WEIGHT_JUMP_KG;
use crate::domain::unit::{POUNDS_PER_STONE, Unit};
use crate::domain::vital::Vital;

/// A bare number from here on may as well be pounds.
const MAYBE_POUNDS: f64 = 100.0;

pub(super) fn read(figure: &Figure, context: &Context<'_>) -> Result<Finding, Refusal> {
    match &figure.shape {
        Shape::Stones { stones, pounds } => in_stones(stones, pounds.as_ref(), context),
        Shape::One(number) => {
            let value = number.value().ok_or(Refusal::RunTogether)?;
            match figure.unit {
                Some(unit @ (Unit::Kilogram | Unit::Pound)) => in_unit(value, unit, context),
                Some(_) => Err(Refusal::NoSuchValue(Vital::Weight, value)),
                None => bare(value, number, context),
            }
        }
        Shape::Joined(_) => Err(Refusal::NoMeaning),
    }
}

fn kilograms(value: f64, unit: Unit) -> f64 {
    unit.to_canonical(Vital::Weight, value).unwrap_or(value)
}

fn exactly(kg: f64, context: &Context<'_>) -> Result<Finding, Refusal> {
    Finding::exactly(Vital::Weight, kg, context.last_weight_kg)
}

fn in_unit(value: f64, unit: Unit, context: &Context<'_>) -> Result<Finding, Refusal> {
    let stated = exactly(kilograms(value, unit), context);
    if stated.is_ok() {
        return stated;
    }
    // "784kg": the point was left out, not the patient's legs put on the scales twice.
    let lost =
        exactly(kilograms(value / 10.0, unit), context).map(|finding| finding.doubting(Doubt::LostPoint));
    if value >= 300.0 { lost } else { stated }
}

fn in_stones(stones: &Number, pounds: Option<&Number>, context: &Context<'_>) -> Result<Finding, Refusal> {
    let whole = stones.value().ok_or(Refusal::RunTogether)?;
    let Some(pounds) = pounds else {
        let finding = exactly(kilograms(whole, Unit::Stone), context)?;
        // 12.4 stone: four tenths, or four pounds?
        let tail = ((whole - whole.floor()) * if stones.decimals() > 1 { 100.0 } else { 10.0 }).round();
        let read_as_pounds = kilograms(whole.floor() * POUNDS_PER_STONE + tail, Unit::Pound);
        return Ok(if stones.is_whole() {
            finding
        } else {
            finding.doubting(Doubt::UnitGuessed).or_else_exactly(Vital::Weight, read_as_pounds)
        });
    };
    let more = pounds.value().ok_or(Refusal::RunTogether)?;
    let finding = exactly(kilograms(whole * POUNDS_PER_STONE + more, Unit::Pound), context)?;
    let odd = more >= POUNDS_PER_STONE || !stones.is_whole();
    Ok(finding.doubting_if(odd, Doubt::LooseWords))
}

fn bare(value: f64, number: &Number, context: &Context<'_>) -> Result<Finding, Refusal> {
    if let Some(last) = context.last_weight_kg {
        let near = |kg: f64| (kg - last).abs() <= WEIGHT_JUMP_KG;
        if near(value) {
            return exactly(value, context);
        }
        let others = [kilograms(value, Unit::Pound), kilograms(value, Unit::Stone), value / 10.0];
        if let Some(kg) = others.into_iter().find(|kg| near(*kg)) {
            return Ok(exactly(kg, context)?.doubting(Doubt::UnitGuessed));
        }
    }
    let possible = Vital::Weight.possible();
    if value >= MAYBE_POUNDS && possible.holds(value) {
        let pounds = exactly(kilograms(value, Unit::Pound), context)?;
        return Ok(pounds.doubting(Doubt::UnitGuessed).or_else_exactly(Vital::Weight, value));
    }
    if value > possible.high && number.is_whole() {
        let tenth = value / 10.0;
        let kg = match tenth {
            light if light < 40.0 => kilograms(value, Unit::Pound),
            heavy if heavy >= MAYBE_POUNDS => kilograms(heavy, Unit::Pound),
            usual => usual,
        };
        return Ok(exactly(kg, context)
            .map_err(|_| Refusal::NoSuchValue(Vital::Weight, value))?
            .doubting(Doubt::LostPoint)
            .or_else_exactly(Vital::Weight, tenth));
    }
    let stones = kilograms(value, Unit::Stone);
    if value < possible.low && possible.holds(stones) && value > 5.0 {
        return Ok(exactly(stones, context)?.doubting(Doubt::UnitGuessed));
    }
    exactly(value, context)
}
