//! What is of the right kind, and cannot be meant.

use super::Fault;

pub(super) const VALUES: &[Fault] = &[
    (
        "no room at all",
        "[clinical]",
        "[intake]\nqueue_capacity = 0\n[clinical]",
        "intake.queue_capacity must be a whole number from 1 to",
    ),
    (
        "country by its name",
        "[sms]\n",
        "[sms]\ncountries = \"GB\"\n",
        "sms.countries must be calling codes parted by commas, like 44, 353",
    ),
    (
        "price with a pound sign",
        "[sms]\n",
        "[sms]\npence_per_segment = \"£0.02\"\n",
        "sms.pence_per_segment must be pence like 2.3",
    ),
    (
        "pace below nothing",
        "[sms]\n",
        "[sms]\nsegments_per_second = -1\n",
        "sms.segments_per_second must be a whole number up to",
    ),
    (
        "budget in words",
        "[clinical]",
        "[sms.budget]\nday = \"lots\"\n[clinical]",
        "sms.budget.day must be a whole number, not text",
    ),
    (
        "negative room",
        "[clinical]",
        "[intake]\nqueue_capacity = -1\n[clinical]",
        "intake.queue_capacity must be a whole number from 1 to",
    ),
    (
        "too much room",
        "[clinical]",
        "[intake]\nqueue_capacity = 99999999999999999999\n[clinical]",
        "intake.queue_capacity must be",
    ),
    (
        "a look every eternity",
        "[sms]",
        "[sms]\nbackfill_minutes = 100000",
        "sms.backfill_minutes must be a whole number of minutes from 0 (never) to 1440",
    ),
    (
        "a flag in words",
        "[sms.twilio]",
        "[sms.twilio]\nredact = \"yes\"",
        "sms.twilio.redact must be true or false, not text",
    ),
    (
        "mail server without a scheme",
        "[clinical]",
        "[email]\nsmtp_url = \"mail.example.org\"\nfrom = \"a@example.org\"\n[clinical]",
        "email.smtp_url must begin with smtps:// or smtp://",
    ),
    (
        "password in the mail server's address",
        "[clinical]",
        "[email]\nsmtp_url = \"smtps://a:b@mail.example.org\"\nfrom = \"a@example.org\"\n[clinical]",
        "email.smtp_url must not hold a password; give email.password",
    ),
    (
        "mail user without a password",
        "[clinical]",
        "[email]\nsmtp_url = \"smtps://a@mail.example.org\"\nfrom = \"a@example.org\"\n[clinical]",
        "email.password is missing; set it in the file or as LAMPLIGHT__EMAIL__PASSWORD",
    ),
    (
        "mail password without a user",
        "[clinical]",
        "[email]\nsmtp_url = \"smtps://mail.example.org\"\nfrom = \"a@example.org\"\npassword = \"t0ken\"\n[clinical]",
        "email.password needs a user in email.smtp_url",
    ),
    (
        "mails from nobody",
        "[clinical]",
        "[email]\nsmtp_url = \"smtps://mail.example.org\"\nfrom = \"Lamplight\"\n[clinical]",
        "email.from must be a mailbox like lamplight@example.org",
    ),
    (
        "a secret that anybody guesses",
        "[clinical]",
        "[webhook]\nsecret = \"t0ken\"\n[clinical]",
        "webhook.secret is too short to sign with",
    ),
    ("empty path", "\"lamplight.db\"", "\"\"", "config.toml:2:8: store.path must not be empty"),
    (
        "empty secret",
        "\"t0ken-in-the-file\"",
        "\"\"",
        "config.toml:12:14: sms.twilio.auth_token must not be empty",
    ),
];
