//! The section `telemetry`: where spans go, if anywhere.
use super::file::File;

/// A collector of spans that speaks OTLP over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telemetry {
    /// Its address, as in `http://collector:4318`.
    pub endpoint: String,
    /// File of the certificate authorities that it is trusted by, if it is an https one.
    pub ca_file: Option<String>,
}

pub(super) fn read(file: &mut File) -> Option<Telemetry> {
    let key = "telemetry.endpoint";
    let endpoint = file.text(key).filter(|endpoint| !endpoint.is_empty())?;
    let is_url = endpoint.parse::<http::Uri>().is_ok_and(|url| {
        matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some() && url.query().is_none()
    });
    if !is_url {
        file.mistake(key, "is not a URL of OTLP over HTTP, as in http://collector:4318: gRPC is not spoken", ());
    }
    let ca_file = file.text("server.tls.caFile").filter(|path| !path.is_empty());
    if endpoint.starts_with("https:") && ca_file.is_none() {
        file.mistake(key, "is https: name the authorities that it is trusted by in server.tls.caFile", ());
    }
    Some(Telemetry { endpoint, ca_file })
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, ConfigError, Environment, Identity};

    fn parse(text: &str, variable: Option<&str>) -> Result<Option<String>, String> {
        let identity = Identity { pod: "p".into(), lock_namespace: "l".into(), namespace: "n".into() };
        let variables = |name: &str| variable.filter(|_| name == "OTEL_EXPORTER_OTLP_ENDPOINT").map(str::to_owned);
        match Config::parse(text, &Environment::of(identity).with_variables(variables)) {
            Ok((config, _)) => Ok(config.telemetry.map(|telemetry| telemetry.endpoint)),
            Err(ConfigError::Mistaken(mistakes)) => Err(mistakes[0].to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn collector_is_a_url() {
        assert_eq!(parse("{}", None), Ok(None), "off by default");
        let named = "telemetry: { endpoint: 'http://file:4318' }";
        assert_eq!(parse(named, Some("http://variable:4318")), Ok(Some("http://file:4318".into())));
        assert_eq!(parse("{}", Some("http://variable:4318")), Ok(Some("http://variable:4318".into())));
        let grpc = parse("telemetry: { endpoint: 'collector:4317' }", None);
        assert!(grpc.as_ref().is_err_and(|why| why.contains("gRPC is not spoken")), "{grpc:?}");
        let https = parse("telemetry: { endpoint: 'https://collector:4318' }", None);
        assert!(https.as_ref().is_err_and(|why| why.contains("server.tls.caFile")), "{https:?}");
    }
}
