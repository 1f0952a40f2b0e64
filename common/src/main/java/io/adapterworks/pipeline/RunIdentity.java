package io.adapterworks.pipeline;

/**
 * What tells one run from another.
 *
 * @param runId unique
 * @param configHash of the settings that decide the adapter, see {@link UseCase#trainingHash}
 * @param codeVersion of this program
 */
public record RunIdentity(String runId, String configHash, String codeVersion) {}
