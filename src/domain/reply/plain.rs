//! Everyday words around a reading that change nothing about it.
//!
//! A bare number among only such words is a reading; one other word, and it is asked about.

use super::words::Words;

static WORDS: Words = Words::spaced(
    "\
a about after afternoon again air all almost also always am amlodipine an and ankle ankles any approx \
approximately are arm armpit around as at average avg away bad be because bed bedtime been before best \
better bisoprolol bit bless blew blood blow blows body both bottom breakfast breathless breathlessness \
brekkie busy but by bye came can celsius check checked checking cheers circa clammy clothed clothes cold \
come comes cos cough coughing could count counts cuff current currently d daily day days dear deg degree \
degrees delay delayed device did digital dinner dizzy do doctor doing done down dr dressed dry due e ear \
early eating equal equals evening evenings everyone exercise fasted fasting feel feeling feels felt \
figure figures final fine finger fingerprick first flo food for forehead fri friday from furosemide gave \
get god good got great guess had happening happy has have he headache hello her here hers hey hi high \
his hiya home hope hoping hot hour hours hrs humalog humulin hungry hypo i if im in inhaler inhalers \
insulin irregular is it its ive just kgs kind l lamplight lantus last late later latest left leg legs \
level levels levemir litre litres little love lovely low lower lunch lunchtime lying machine madam maybe \
me meal meals mean measure measured measurement medication medicine meds meter metformin mg mid midday \
mine mins minutes mon monday monitor morning mornings mouth mr mrs much my n naked name nearly new next \
nice night nights no noon normal normally not nothing novorapid now number numbers nurse of ok okay on \
one only oops or oral our out oxygen p per phlegm please pls plus pm poorly post pre prednisolone pretty \
preventer prick puff puffs quite r ra ramipril random rate read reading readings reads really reg \
regards regular report reporting rest rested resting rests result results right room roughly s said same \
sat saturday say saying says scale scales score scored seated second send sending sent shaky she \
shivering shivery show showed showing shown shows sick since sir sitting slept so soon sore sorry stable \
standing steady still straight sun sunday supper sweaty swell swelling swollen symptoms t ta tablet \
tablets take taken tea team test tested testing thank thanks thankyou thanx that the then there \
thermometer these think third thirsty this those though thu thur thurs thursday thx time tired to today \
todays tonight too took top tresiba tue tues tuesday two u unit units unwell up update updating upper \
use used using usual value ventolin very w wakeup waking walking was we weak wed wednesday week weekly \
weigh weighs well went were wet what wheezy will wishes with woke would x xx xxx y yeah yep yes you your",
);

/// Whether the word is an everyday one, or a code whose digits were set apart already.
pub(super) fn is_plain(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit()) || WORDS.has(word)
}
