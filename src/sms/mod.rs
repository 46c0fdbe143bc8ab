//! The edge to phones: webhooks, signatures, providers.
