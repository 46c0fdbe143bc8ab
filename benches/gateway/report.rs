//! Figures on paper: five of them, their median, and how they stand to each other and to what was aimed at.

/// One leg's figures, one a repetition.
#[derive(Debug)]
pub struct Series {
    label: String,
    unit: &'static str,
    decimals: usize,
    values: Vec<f64>,
}

/// What a figure or a ratio is to be.
#[derive(Debug, Clone, Copy)]
pub enum Aim {
    AtLeast(f64),
    Below(f64),
}

impl Series {
    pub fn new(label: impl Into<String>, unit: &'static str, decimals: usize) -> Self {
        Self { label: label.into(), unit, decimals, values: Vec::new() }
    }

    pub fn push(&mut self, value: f64) {
        self.values.push(value);
    }

    pub fn median(&self) -> f64 {
        median(&self.values)
    }

    /// A line: label, median, then every figure in the order measured.
    pub fn print(&self) {
        println!("  {}", self.line());
    }

    /// The line, with what was aimed at.
    pub fn print_against(&self, aim: Aim) {
        println!("  {}  {}", self.line(), verdict("aim", aim, self.median(), self.decimals));
    }

    fn line(&self) -> String {
        let each: Vec<String> = self.values.iter().map(|value| number(*value, self.decimals)).collect();
        let Self { label, unit, .. } = self;
        format!("{label:<58} {:>9} {unit:<6} [{}]", number(self.median(), self.decimals), each.join(" "))
    }
}

/// The ratio of two legs' medians, and the spread of the ratios within the repetitions.
pub fn print_ratio(label: &str, of: &Series, to: &Series, aims: &[(&str, Aim)]) {
    let ratio = of.median() / to.median();
    let mut each: Vec<f64> = of.values.iter().zip(&to.values).map(|(of, to)| of / to).collect();
    each.sort_by(f64::total_cmp);
    let spread = match (each.first(), each.last()) {
        (Some(least), Some(most)) => format!("{least:.2} to {most:.2}"),
        _ => String::new(),
    };
    let verdicts: Vec<String> = aims.iter().map(|(name, aim)| verdict(name, *aim, ratio, 2)).collect();
    println!("  {label:<58} {ratio:>9.2}        ({spread})  {}", verdicts.join(", "));
}

fn verdict(name: &str, aim: Aim, value: f64, decimals: usize) -> String {
    let (met, words) = match aim {
        Aim::AtLeast(least) => (value >= least, format!("at least {least:.decimals$}")),
        Aim::Below(most) => (value < most, format!("under {most:.decimals$}")),
    };
    format!("{name} {words}: {}", if met { "met" } else { "NOT MET" })
}

pub fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// The smallest value that `share` of all values do not exceed; of an even number of values the median is the mean of
/// the middle two.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    if share == 0.5 && sorted.len().is_multiple_of(2) {
        return f64::midpoint(sorted[last / 2], sorted[last / 2 + 1]);
    }
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.saturating_sub(1).min(last)]
}

/// `12,345` or `1.25`.
fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n).is_multiple_of(3) && digit.is_ascii_digit() {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}
