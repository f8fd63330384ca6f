//! The endpoint for Kubernetes events, one per request.
use super::{
    answer,
    delivery::{self, Delivery},
    freshness,
    process::{note_dropped, process},
};
use crate::{
    error::ApiError,
    gateway::Gateway,
    signals::kubernetes_event::{Event, EventError},
};
use axum::{
    extract::{Request, State},
    response::Response,
};
use std::sync::Arc;

/// Receives an event.
pub async fn receive(State(gateway): State<Arc<Gateway>>, request: Request) -> Result<Response, ApiError> {
    delivery::handle(&gateway, request, |delivery| handle(&gateway, delivery)).await
}

async fn handle(gateway: &Gateway, delivery: Delivery) -> Result<Response, ApiError> {
    let dropped = |reason| move |why: &ApiError| note_dropped(gateway, reason, why);
    let event = Event::parse(&delivery.payload).map_err(refused).inspect_err(dropped("unreadable"))?;
    freshness::check_event(&event, delivery.received).inspect_err(dropped("stale"))?;
    let alert = event.into_alert();
    let reason = if matches!(alert, Err(EventError::Normal)) { "normal" } else { "invalid" };
    let alert = alert.map_err(refused).inspect_err(dropped(reason))?;
    let outcome = process(gateway, alert, &delivery).await;
    Ok(answer::single(&outcome.inspect_err(dropped("invalid"))?))
}

fn refused(error: EventError) -> ApiError {
    ApiError::Invalid(format!("Failed to parse signal: {error}"))
}
