//! What patients write in Welsh, Polish and Urdu.

use lamplight::domain::reply::{Answer, Asked, Command, Context, Outcome, Urgency, understand};

/// The language, the text, and what it is.
const PLAIN: &[(&str, &str, Option<bool>)] = &[
    ("cy", "Ydw", Some(true)),
    ("cy", "Ydy.", Some(true)),
    ("cy", "oes", Some(true)),
    ("cy", "Ie, diolch", Some(true)),
    ("cy", "Do", Some(true)),
    ("cy", "Y", Some(true)),
    ("cy", "Nac ydw", Some(false)),
    ("cy", "nac ydy diolch", Some(false)),
    ("cy", "Nag oes", Some(false)),
    ("cy", "na", Some(false)),
    ("cy", "Naddo", Some(false)),
    ("cy", "dim eto", Some(false)),
    ("cy", "yes", Some(true)),
    ("cy", "no", Some(false)),
    ("cy", "ie na", None),
    ("cy", "efallai", None),
    ("pl", "Tak", Some(true)),
    ("pl", "TAK!", Some(true)),
    ("pl", "tak, dziękuję", Some(true)),
    ("pl", "Tak, wzięłam", Some(true)),
    ("pl", "Nie", Some(false)),
    ("pl", "jeszcze nie", Some(false)),
    ("pl", "Nie, dziekuje", Some(false)),
    ("pl", "yes", Some(true)),
    // "No" is a yes in everyday Polish: asked again.
    ("pl", "no", None),
    ("pl", "może", None),
    ("ur", "ہاں", Some(true)),
    ("ur", "جی", Some(true)),
    ("ur", "جی ہاں، شکریہ", Some(true)),
    ("ur", "جي هاں", Some(true)),
    ("ur", "haan ji", Some(true)),
    ("ur", "Ji", Some(true)),
    ("ur", "نہیں", Some(false)),
    ("ur", "جی نہیں", Some(false)),
    ("ur", "نہيں", Some(false)),
    ("ur", "nahi", Some(false)),
    ("ur", "ji nahin", Some(false)),
    ("ur", "شاید", None),
];

#[test]
fn a_plain_yes_or_no_in_the_patients_language_answers_a_question() {
    let wrong: Vec<_> = PLAIN
        .iter()
        .filter_map(|(language, text, wanted)| {
            let context = Context { asked: Some(Asked::YesNo), language, ..Context::default() };
            let heard = understand(text, &context).answers;
            let wanted: Vec<_> = wanted.iter().map(|yes| Answer::YesNo(*yes)).collect();
            (heard != wanted).then(|| format!("{language} {text}: {heard:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn it_confirms_a_reading_too() {
    let wrong: Vec<_> = PLAIN
        .iter()
        .filter_map(|(language, text, wanted)| {
            let context = Context { awaits_confirmation: true, language, ..Context::default() };
            let heard = understand(text, &context).command;
            let wanted = wanted.map(|yes| if yes { Command::Yes } else { Command::No });
            (heard != wanted).then(|| format!("{language} {text}: {heard:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_no_of_another_language_is_never_a_yes() {
    for text in ["Nac ydw", "nag oes", "nac ydy", "ji nahi", "nie", "naddo", "جی نہیں"] {
        for language in ["", "en", "cy", "pl", "ur"] {
            let context = Context { asked: Some(Asked::YesNo), language, ..Context::default() };
            let heard = understand(text, &context).answers;
            assert_ne!(heard, [Answer::YesNo(true)], "{language} {text}");
        }
    }
}

/// Words of an emergency, as they come.
const CRIES: &[&str] = &[
    // Welsh
    "Mae poen yn fy mrest",
    "poen yn y frest",
    "Mae fy mrest yn dynn",
    "Dwi'n methu anadlu",
    "alla i ddim anadlu",
    "Mae'n anodd anadlu",
    "dwi'n fyr iawn o wynt",
    "Dwi wedi syrthio",
    "Dwi wedi cwympo yn y gegin",
    "Mae hi'n anymwybodol",
    "Mae o wedi llewygu",
    "Dwi'n meddwl bod hi'n cael strôc",
    "eisiau marw",
    "Dwi eisiau lladd fy hun",
    "angen ambiwlans",
    "Helpwch fi",
    // Polish
    "Boli mnie w klatce piersiowej",
    "mam ból w klatce",
    "bol w piersi",
    "nie mogę oddychać",
    "nie moge zlapac oddechu",
    "brakuje mi tchu",
    "Duszę się",
    "trudno mi oddychać",
    "mama jest nieprzytomna",
    "Mąż stracił przytomność",
    "zemdlałam",
    "Upadłam w łazience",
    "przewróciłem się",
    "mam zawał",
    "to chyba udar",
    "krwawię",
    "chcę umrzeć",
    "nie chcę żyć",
    "wezwijcie pogotowie",
    "pomocy",
    // Urdu
    "سینے میں درد ہے",
    "میرے سینے میں بہت درد ہو رہا ہے",
    "سانس نہیں آ رہا",
    "سانس لینا مشکل ہے",
    "وہ بے ہوش ہے",
    "میں گر گئی ہوں",
    "دل کا دورہ",
    "مرنا چاہتی ہوں",
    "مدد کریں",
    "ایمبولینس بھیجیں",
    "seene mein dard hai",
    "mere sine me bohat dard ho raha hai",
    "saans nahi aa raha",
    "sans lena mushkil hai",
    "ammi behosh hain",
    "main gir gayi hoon",
    "dil ka dora",
    "madad karo",
];

#[test]
fn words_of_an_emergency_are_heard_in_each_language_whatever_language_is_set() {
    let mut missed = Vec::new();
    for text in CRIES {
        for language in ["en", "cy", "pl", "ur"] {
            for asked in [None, Some(Asked::YesNo), Some(Asked::BloodPressure)] {
                let heard = understand(text, &Context { asked, language, ..Context::default() });
                if heard.urgency != Some(Urgency::Emergency) {
                    missed.push(format!("{language} {text}: {:?}", heard.outcome));
                }
            }
        }
    }
    missed.dedup();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn everyday_words_are_no_emergency() {
    for text in [
        "diolch yn fawr",
        "bore da",
        "BP 128 78 diolch",
        "dwi'n iawn",
        "dziękuję bardzo",
        "dzień dobry",
        "BP 128 78 dziekuje",
        "nie mam bólu w klatce",
        "wszystko dobrze",
        "شکریہ",
        "BP 128 78 شکریہ",
        "السلام علیکم",
        "میں ٹھیک ہوں",
        "سینے میں درد نہیں",
        "seene mein dard nahi hai",
        "main theek hoon shukria",
    ] {
        let heard = understand(text, &Context::default());
        assert_ne!(heard.outcome, Outcome::Urgent, "{text}");
    }
}

#[test]
fn commands_stay_the_carriers_english_words() {
    for language in ["cy", "pl", "ur"] {
        let context = Context { language, ..Context::default() };
        assert_eq!(understand("STOP", &context).command, Some(Command::Stop));
        assert_eq!(understand("start", &context).command, Some(Command::Start));
        assert_eq!(understand("HELP", &context).command, Some(Command::Help));
    }
}
