package io.adapterworks.curate.dataset;

/**
 * A row that the dataset does not have, and why.
 *
 * @param keptId the row that stands for it; null for none
 */
public record LeftOut(
    Example example, String rule, double score, double threshold, String reason, String keptId) {}
