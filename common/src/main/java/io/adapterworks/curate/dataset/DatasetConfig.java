package io.adapterworks.curate.dataset;

import io.adapterworks.curate.review.LabelReviewConfig;

/** How a dataset is made of clean examples; the section {@code dataset} of the configuration. */
public record DatasetConfig(
    LabelReviewConfig labelReview,
    SemanticDuplicateConfig semanticDuplicates,
    DecontaminationConfig decontamination,
    TargetConfig target,
    AugmentationConfig augmentation) {}
