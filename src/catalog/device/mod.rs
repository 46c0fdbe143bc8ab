//! Reads device profiles (`protocols/devices/<profile>.toml`) and proves each by its own samples.

mod field;
mod part;
mod sample;
mod status;

use ring::digest;

use crate::domain::profile::{DeviceProfile, Retained};

use super::fault::{Fault, Report};
use super::source::{Source, SourceFile};
use super::table::{self, Table};

use part::{place, places};

/// The profiles of a folder, by id, and every fault of every file. A profile that does not hold is not among them.
pub(super) fn read_all(source: &Source, faults: &mut Vec<Fault>) -> Vec<DeviceProfile> {
    let mut profiles = Vec::new();
    for file in source.read(faults) {
        let mut report = Report::new(&file.shown, &file.text);
        let profile = read(&file, &mut report);
        if let Some(profile) = profile.filter(|_| report.is_clean()) {
            profiles.push(profile);
        }
        faults.extend(report.into_faults());
    }
    profiles
}

fn read(file: &SourceFile, report: &mut Report<'_>) -> Option<DeviceProfile> {
    let (Some(id), 1) = (file.stem(), file.parts.len()) else {
        report.add(0..0, "a device profile is a .toml file directly in this folder");
        return None;
    };
    let document = table::parse(&file.text, report)?;
    let mut root = Table::new(&document);
    let number = root.whole("version", 1..=100_000, report);
    let title = root.text("title", report);
    let evidence = root.text("evidence", report);
    let priority = root.maybe_whole("priority", -1000..=1000, report).map_or(0, |given| *given.get_ref());
    let topics = part::topics(root.texts("topics", report), report);
    let when = part::tests(root.maybe_list("when", report), report);
    let read = root.maybe_table("read", report).map(|table| part::read(table, report));
    if read.is_none() && !root.knows("read") {
        report.add(0..0, "'read' is missing: say how the payload is read");
    }
    let rules =
        root.maybe_list("rule", report).into_iter().filter_map(|value| part::rule(value, report)).collect();
    let fields: Vec<_> =
        root.maybe_list("field", report).into_iter().filter_map(|value| field::read(value, report)).collect();
    let time = root.maybe_table("time", report).and_then(|table| part::time(table, report));
    let status = root.maybe_table("status", report).and_then(|table| status::read(table, report));
    let device = root.maybe_text("device", report).and_then(|text| place(&text, report));
    let key = places(root.texts("key", report), report);
    let retained = part::retained(root.maybe_text("retained", report), report).unwrap_or(Retained::Ignore);
    let stream = root.maybe_table("stream", report).and_then(|table| part::stream(table, report));
    let drops = part::paths(root.texts("drop", report), report);
    let samples = sample::read(&mut root, report);
    root.close(report);
    let profile = DeviceProfile {
        id: id.to_owned(),
        number: u32::try_from(number?.into_inner()).ok()?,
        version: version(&file.text),
        text: file.text.clone(),
        title: title?.into_inner(),
        evidence: evidence?.into_inner(),
        priority: i32::try_from(priority).ok()?,
        topics,
        when,
        read: read??,
        rules,
        fields,
        time,
        status,
        device,
        key,
        retained,
        stream,
        drops,
        examples: samples.iter().map(sample::Sample::example).collect(),
    };
    if report.is_clean() {
        sample::prove(&profile, &samples, report);
    }
    Some(profile)
}

/// Content hash: a file that says the same has the same.
fn version(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
