#![no_main]

use lamplight::domain::format::sparkplug::{Births, Rebirths};
use libfuzzer_sys::fuzz_target;
use sound::BOOK;

// The first half is a birth, the second what comes after it.
fuzz_target!(|bytes: &[u8]| {
    let (birth, data) = bytes.split_at(bytes.len() / 2);
    let (mut births, mut rebirths) = (Births::default(), Rebirths::default());
    for (topic, bytes) in [("spBv1.0/g/DBIRTH/n/d", birth), ("spBv1.0/g/DDATA/n/d", data)] {
        let named = births.name(topic, bytes);
        let command = births.take_lost().and_then(|node| rebirths.ask(node, jiff::Timestamp::UNIX_EPOCH));
        assert!(command.is_none_or(|command| command.topic == "spBv1.0/g/NCMD/n"));
        let reader = BOOK.reader("sparkplug").expect("a profile of this name");
        if let Ok(heard) = reader.read(topic, &named).heard {
            sound::check(&heard);
        }
    }
});
