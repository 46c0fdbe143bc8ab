//! The fixed words of the files: a vital sign's name and a severity's.

use toml::Spanned;

use crate::domain::alert::Severity;
use crate::domain::vital::Vital;

use super::fault::Report;

/// The vital sign that a name stands for; an unknown name is a fault at its place.
pub(super) fn vital(name: &Spanned<impl AsRef<str>>, report: &mut Report<'_>) -> Option<Vital> {
    let text = name.get_ref().as_ref();
    let known = Vital::from_name(text);
    if known.is_none() {
        let names: Vec<_> = Vital::ALL.into_iter().map(Vital::name).collect();
        report.add(
            name.span(),
            format!("'{text}' is not a vital sign; the vital signs are {}", names.join(", ")),
        );
    }
    known
}

/// The severity that a name stands for; an unknown name is a fault at its place.
pub(super) fn severity(name: &Spanned<impl AsRef<str>>, report: &mut Report<'_>) -> Option<Severity> {
    let text = name.get_ref().as_ref();
    let known = Severity::from_name(text);
    if known.is_none() {
        let names: Vec<_> = Severity::ALL.into_iter().map(Severity::name).collect();
        report.add(name.span(), format!("'{text}' is not a severity; use one of {}", names.join(", ")));
    }
    known
}
