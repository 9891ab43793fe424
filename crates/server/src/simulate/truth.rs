//! The truth of a world as lines of JSON; see `docs/reference/simulator.md`.

use seawall_sim::{PostClass, PostKey, Truth, World};
use serde_json::{Value, json};

/// One line of truth.
pub(super) fn line(truth: &Truth) -> Value {
    match truth {
        Truth::Network { network, name, tags } => json!({
            "type": "network", "network": network_id(*network), "name": name, "tags": tags,
        }),
        Truth::Account {
            account,
            class,
            network,
            actor,
            born,
            returns,
            is_backup,
            impersonates,
            language,
        } => {
            let mut line = json!({
                "type": "account", "account": account.as_str(), "class": class.as_str(),
                "born": born.to_string(), "language": language.tag(),
            });
            if let Some(network) = network {
                line["network"] = network_id(*network).into();
            }
            if let Some(actor) = actor {
                line["actor"] = format!("x{actor}").into();
            }
            if let Some((parent, generation)) = returns {
                line["returns"] = parent.as_str().into();
                line["generation"] = (*generation).into();
                line["backup"] = (*is_backup).into();
            }
            if let Some(victim) = impersonates {
                line["impersonates"] = victim.as_str().into();
            }
            line
        }
        Truth::Closed { account, at, cause, followers } => json!({
            "type": "closed", "account": account.as_str(), "at": at.to_string(),
            "cause": cause.as_str(), "followers": followers,
        }),
        Truth::Reopened { account, at } => json!({
            "type": "reopened", "account": account.as_str(), "at": at.to_string(),
        }),
        Truth::Activated { account, at } => json!({
            "type": "activated", "account": account.as_str(), "at": at.to_string(),
        }),
        Truth::Wave { network, field_event, tag, from, to, accounts } => {
            let accounts: Vec<&str> = accounts.iter().map(|account| account.as_str()).collect();
            json!({
                "type": "wave", "network": network_id(*network), "field_event": field_event,
                "tag": tag, "from": from.to_string(), "to": to.to_string(), "accounts": accounts,
            })
        }
    }
}

fn network_id(network: u32) -> String {
    format!("n{}", network + 1)
}

/// Appends the line of a post: written by hand, because there are as many as posts.
pub(super) fn push_post(world: &World, (key, class): (PostKey, PostClass), out: &mut Vec<u8>) {
    let (post, account) = (world.post_id(key), world.id(key.0));
    for part in [
        r#"{"type":"post","post":""#,
        post.as_str(),
        r#"","account":""#,
        account.as_str(),
        r#"","class":""#,
        class.as_str(),
        "\"}\n",
    ] {
        out.extend_from_slice(part.as_bytes());
    }
}
