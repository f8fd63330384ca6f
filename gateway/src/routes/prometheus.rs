//! The endpoint for Alertmanager's webhook.
use super::{
    answer::{self, Outcome},
    delivery::{self, Delivery},
    freshness,
    process::{note_dropped, process},
};
use crate::{
    error::ApiError,
    gateway::Gateway,
    signals::{
        Alert,
        go_json::Misfit,
        prometheus::{Webhook, WebhookError},
    },
};
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
    let dropped = |reason| move |why: &ApiError| note_dropped(gateway, reason, why);
    let stamped = freshness::check_stamp(&delivery.headers, delivery.received).inspect_err(dropped("stale"))?;
    let webhook = Webhook::parse(&delivery.payload).map_err(refused).inspect_err(dropped("unreadable"))?;
    if !stamped {
        freshness::check_webhook(&webhook, delivery.received).inspect_err(dropped("stale"))?;
    }
    let mut alerts = webhook.into_alerts();
    let member = async |alert: Result<Alert, Misfit>| {
        let alert = alert.map_err(|misfit| ApiError::Invalid(format!("Failed to parse alert: {misfit}")));
        let outcome = match alert {
            // Boxed: this future has kilobytes, and those around it are moved several times.
            Ok(alert) => Box::pin(process(gateway, alert, &delivery)).await,
            Err(malformed) => Err(malformed),
        };
        outcome.inspect_err(dropped("invalid"))
    };
    match alerts.len() {
        0 => Err(ApiError::Invalid("Failed to parse batch payload: no alerts".to_owned())),
        1 => Ok(answer::single(&member(alerts.remove(0)).await?)),
        _ => {
            let outcomes = join_all(alerts.into_iter().map(member)).await;
            if outcomes.iter().any(|outcome| outcome.as_ref().is_err_and(ApiError::is_retryable)) {
                give_back(gateway, &outcomes).await;
            }
            answer::group(outcomes)
        }
    }
}

/// Gives the stored members of a group back, which its sender will send again.
async fn give_back(gateway: &Gateway, outcomes: &[Result<Outcome, ApiError>]) {
    let stored = outcomes.iter().filter_map(|outcome| match outcome {
        Ok(Outcome::Stored { accepted, notification_key: Some(key), .. }) => Some((key.clone(), accepted.clone())),
        _ => None,
    });
    let stored: Vec<_> = stored.collect();
    if !stored.is_empty() {
        gateway.protocol.give_back(stored).await;
    }
}

fn refused(error: WebhookError) -> ApiError {
    let detail = format!("Failed to parse batch payload: {error}");
    match error {
        WebhookError::TooMany | WebhookError::TooMuchShared => ApiError::TooLarge(detail),
        WebhookError::Json(_) | WebhookError::Misfit(_) | WebhookError::List => ApiError::Invalid(detail),
    }
}
