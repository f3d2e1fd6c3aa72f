"""From a change to what runs: bundles, deployments, stacks of pull requests and what they leave behind."""
