//! Who carries texts for us.

/// A kind of provider; of each there is at most one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Provider {
    Twilio,
    /// GOV.UK Notify.
    Notify,
    /// A phone of the site's own, as `android-sms-gateway` speaks.
    Android,
    /// Any service that takes a text over HTTP, as the configuration describes it.
    Http,
    /// Nobody: texts are counted and go nowhere.
    Log,
}

impl Provider {
    pub const ALL: [Self; 5] = [Self::Twilio, Self::Notify, Self::Android, Self::Http, Self::Log];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Twilio => "twilio",
            Self::Notify => "notify",
            Self::Android => "android",
            Self::Http => "http",
            Self::Log => "log",
        }
    }

    /// Who carried the text of an event's key: it begins with the provider's name.
    pub fn of_key(key: &str) -> Option<Self> {
        key.split_once(':').and_then(|(name, _)| Self::from_name(name))
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::Provider;

    #[test]
    fn a_key_names_who_carried_its_text() {
        for provider in Provider::ALL {
            assert_eq!(Provider::of_key(&format!("{}:SM1:2", provider.name())), Some(provider));
        }
        for key in ["erased:e1", "twilio", "", "mqtt:cuff-1:9"] {
            assert_eq!(Provider::of_key(key), None, "{key}");
        }
    }
}
