//! Test tools of the workspace.
