//! A bare reqwest loop: creates to a vendor, each sent as soon as one before it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use reqwest::Client;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use tokio::task::JoinSet;

/// Sends for so many seconds, and prints how many were answered. Any answer but a success ends it.
pub(crate) async fn send(url: &str, seconds: u64, at_once: usize) -> Result<()> {
    let client = Client::new();
    let numbers = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let limit = Duration::from_secs(seconds);
    let mut senders = JoinSet::new();
    for _ in 0..at_once {
        let (client, numbers, url) = (client.clone(), Arc::clone(&numbers), url.to_owned());
        senders.spawn(async move {
            let mut answered = 0_u64;
            while start.elapsed() < limit {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                let body = format!(r#"{{"external_id":"ehr-{number:012x}","metadata":{{"site":"north"}}}}"#);
                let request = client.post(&url).header(AUTHORIZATION, "Bearer a-token");
                let answer = request
                    .header(CONTENT_TYPE, "application/json")
                    .body(body)
                    .send()
                    .await?;
                ensure!(answer.status().is_success(), "it answered {}", answer.status());
                // The answer is read, as by anybody who wants to know what became of the call.
                let told = answer.bytes().await?;
                serde_json::from_slice::<serde_json::Value>(&told)?;
                answered += 1;
            }
            Ok(answered)
        });
    }
    let mut calls = 0;
    while let Some(answered) = senders.join_next().await {
        calls += answered??;
    }
    println!(
        "{}",
        serde_json::json!({ "calls": calls, "seconds": start.elapsed().as_secs_f64() })
    );
    Ok(())
}
