//! TLS as every connection of ours speaks it: rustls with ring and the baked-in Mozilla roots.
//! Nothing is read from disk at start.

use std::sync::Arc;

/// The client's side, or one sentence for the operator.
pub(crate) fn config() -> Result<rustls::ClientConfig, String> {
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot set up TLS: {error}"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
