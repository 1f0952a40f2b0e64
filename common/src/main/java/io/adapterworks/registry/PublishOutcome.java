package io.adapterworks.registry;

/** What publishing did. */
public sealed interface PublishOutcome {
  /** The version that holds the adapter now. */
  AdapterManifest manifest();

  /** A new version was made. */
  record NewVersion(AdapterManifest manifest) implements PublishOutcome {}

  /** A version with the same bytes, configuration and dataset version was there already. */
  record SameAsBefore(AdapterManifest manifest) implements PublishOutcome {}
}
