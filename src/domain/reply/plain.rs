//! Everyday words around a reading that change nothing about it.
//!
//! A bare number among only such words is a reading; one other word, and it is asked about.

const WORDS: &str = "\
a an the my is it its was were be been are am to of for at in on with and or so as by from this that these those i \
im ive me we our you your he she his her hers here there has have had got get just now today tonight morning mornings \
evening evenings afternoon noon lunchtime midday night nights early late later mon monday tue tues tuesday wed wednesday \
thu thur thurs thursday fri friday saturday sun sunday am pm time reading readings result results level levels \
number numbers figure figures value measurement measure measured check checked checking test tested testing took \
take taken done did doing do sent sending send show shows showed showing shown say says said saying read reads came \
come comes out up about hi hello hiya hey dear good nurse flo lamplight doctor dr team all everyone thank thanks thankyou \
thanx thx ta cheers please pls regards love kind best wishes xx x xxx ok okay fine well feeling feel felt feels great \
lovely better bit little much very quite pretty really today's todays again still after before breakfast brekkie lunch \
dinner tea supper bed bedtime food meal meals eating fasting fasted waking woke wakeup rest resting rested rests sitting seated \
standing lying down exercise walk walking air room ra left right arm first second third last one two both next final average avg mean \
latest new current currently monitor machine meter cuff scales scale device digital thermometer home sir madam mr mrs \
bye hope hoping not bad too only same usual normal normally steady stable always but no yes yeah yep y n if what think \
mine name will would can could sorry delay delayed blood count counts rate per hba top bottom high low upper lower sat \
oops pm. mgs weighs weigh units unit post pre random finger prick fingerprick ear mouth oral forehead armpit dry wet \
naked clothes clothed dressed body mg kgs happy day days week weekly daily report reporting update updating done \
readingis mid straight away regular irregular since puffs inhaler inhalers preventer tablets tablet meds medication \
medicine been blow blows blew puff using use used number. score scored god bless have a nice then also plus soon \
happening info information s d p t w e u r n im. reading. equals equal currently approx approximately around roughly \
circa nearly almost minutes mins hour hours hrs max min maybe guess";

/// Whether the word is an everyday one, or a code whose digits were set apart already.
pub(super) fn is_plain(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit()) || WORDS.split(' ').any(|plain| plain == word)
}
