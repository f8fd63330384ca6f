//! The endpoint for Alertmanager's webhook.
use super::{
    answer,
    delivery::{self, Delivery},
    freshness,
    process::process,
};
use crate::{error::ApiError, gateway::Gateway, metrics::ReasonLabels, signals::prometheus::Webhook};
use axum::{
    extract::{Request, State},
    response::Response,
};
use futures::future::join_all;
use std::sync::Arc;

/// Receives a group of alerts.
pub async fn receive(State(gateway): State<Arc<Gateway>>, request: Request) -> Result<Response, ApiError> {
    delivery::handle(&gateway, request, |delivery| handle(&gateway, delivery)).await
}

async fn handle(gateway: &Gateway, delivery: Delivery) -> Result<Response, ApiError> {
    let Delivery { payload, headers, caller, key, received, deadline } = delivery;
    let (caller, key) = (caller.as_ref(), key.as_ref());
    let stamped = freshness::check_stamp(&headers, received)?;
    let webhook = Webhook::parse(&payload);
    let webhook = webhook.map_err(|error| ApiError::Invalid(format!("Failed to parse batch payload: {error}")))?;
    if !stamped {
        freshness::check_webhook(&webhook, received)?;
    }
    let mut alerts = webhook.into_alerts();
    match alerts.len() {
        0 => Err(ApiError::Invalid("Failed to parse batch payload: no alerts".to_owned())),
        1 => {
            let alert = alerts.remove(0);
            Ok(answer::single(&process(gateway, alert, received, payload, caller, key, deadline).await?))
        }
        _ => {
            let members = alerts
                .into_iter()
                .map(|alert| process(gateway, alert, received, payload.clone(), caller, key, deadline));
            let outcomes = join_all(members).await;
            let invalid = outcomes.iter().filter(|outcome| matches!(outcome, Err(ApiError::Invalid(_)))).count();
            let dropped = gateway.metrics.signals_parse_dropped.get_or_create(&ReasonLabels { reason: "invalid" });
            dropped.inc_by(u64::try_from(invalid).unwrap_or(u64::MAX));
            drop(dropped);
            answer::group(outcomes)
        }
    }
}
