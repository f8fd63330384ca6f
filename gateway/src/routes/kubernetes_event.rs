//! The endpoint for Kubernetes events, one per request.
use super::{
    answer,
    delivery::{self, Delivery},
    freshness,
    process::process,
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
    let event = Event::parse(&delivery.payload).map_err(refused)?;
    freshness::check_event(&event, delivery.received)?;
    let alert = event.into_alert().map_err(refused)?;
    let Delivery { payload, caller, key, received, deadline, .. } = delivery;
    Ok(answer::single(&process(gateway, alert, received, payload, caller.as_ref(), key.as_ref(), deadline).await?))
}

fn refused(error: EventError) -> ApiError {
    ApiError::Invalid(format!("Failed to parse signal: {error}"))
}
