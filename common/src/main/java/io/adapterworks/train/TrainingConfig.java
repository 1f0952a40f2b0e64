package io.adapterworks.train;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.pass.ClassificationObjective;
import java.io.Serializable;

/**
 * How an adapter is trained.
 *
 * @param epochs passes over the training split
 * @param batchSize sequences of one optimizer step
 * @param learningRate the peak of the schedule
 * @param loraPlusRatio factor on the learning rate of every B (LoRA+, Hayou et al. 2024,
 *     arXiv:2402.12354); 1 for none
 * @param warmupRatio share of all steps over which the learning rate rises from 0
 * @param decay how it falls after that
 * @param weightDecay decoupled, as in AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101)
 * @param maxGradientNorm the gradient's global L2 norm is clipped to this
 * @param labelSmoothing share of the target that is spread over all classes
 * @param consistency weight of the disagreement of two passes with different dropout masks, see
 *     {@link ClassificationObjective}; 0 for none
 * @param beta1 Adam's decay of the first moment
 * @param beta2 Adam's decay of the second moment
 * @param epsilon Adam's term against division by zero
 * @param earlyStopping when to stop before the last epoch
 * @param checkpointEverySteps optimizer steps between checkpoints; 0 for none
 */
public record TrainingConfig(
    int epochs,
    int batchSize,
    double learningRate,
    double loraPlusRatio,
    double warmupRatio,
    Decay decay,
    double weightDecay,
    double maxGradientNorm,
    double labelSmoothing,
    double consistency,
    double beta1,
    double beta2,
    double epsilon,
    EarlyStopping earlyStopping,
    int checkpointEverySteps)
    implements Serializable {
  /** How the learning rate falls after warm-up. */
  public enum Decay {
    CONSTANT,
    /** In a straight line to 0. */
    LINEAR,
    /** Along half a cosine to 0. Loshchilov and Hutter 2017, arXiv:1608.03983. */
    COSINE
  }

  /**
   * Training stops when validation has not improved for {@code patience} epochs, and the parameters
   * of the best epoch are kept.
   *
   * @param patience epochs; 0 turns stopping off, and the last epoch's parameters are kept
   * @param minimumDelta what counts as an improvement of validation accuracy
   */
  public record EarlyStopping(int patience, double minimumDelta) implements Serializable {
    public EarlyStopping {
      Check.inRange("training.earlyStopping.patience", patience, 0, Integer.MAX_VALUE);
      Check.inRange("training.earlyStopping.minimumDelta", minimumDelta, 0, 1);
    }
  }

  public TrainingConfig {
    Check.positive("training.epochs", epochs);
    Check.positive("training.batchSize", batchSize);
    Check.that(
        learningRate > 0 && Double.isFinite(learningRate),
        ErrorCode.CONFIGURATION,
        "training.learningRate=%s; expected a number above 0, for LoRA usually 1e-4 to 5e-3",
        learningRate);
    Check.inRange("training.loraPlusRatio", loraPlusRatio, 0.01, 100);
    Check.inRange("training.warmupRatio", warmupRatio, 0, 1);
    Check.inRange("training.weightDecay", weightDecay, 0, 1);
    Check.that(
        maxGradientNorm > 0,
        ErrorCode.CONFIGURATION,
        "training.maxGradientNorm=%s; expected a number above 0, usually 1.0",
        maxGradientNorm);
    Check.inRange("training.labelSmoothing", labelSmoothing, 0, 0.9);
    Check.inRange("training.consistency", consistency, 0, 100);
    Check.inRange("training.beta1", beta1, 0, 0.9999);
    Check.inRange("training.beta2", beta2, 0, 0.99999);
    Check.inRange("training.epsilon", epsilon, 1e-12, 1e-2);
    Check.inRange("training.checkpointEverySteps", checkpointEverySteps, 0, Integer.MAX_VALUE);
  }

  /** The same for a short trial: one pass a row, to its last epoch, without checkpoints. */
  public TrainingConfig trial(int trialEpochs) {
    return new TrainingConfig(
        trialEpochs,
        batchSize,
        learningRate,
        loraPlusRatio,
        warmupRatio,
        decay,
        weightDecay,
        maxGradientNorm,
        labelSmoothing,
        0,
        beta1,
        beta2,
        epsilon,
        new EarlyStopping(0, 0),
        0);
  }

  /** Whether a checkpoint is left after {@code step} steps. */
  public boolean isCheckpointDue(int step) {
    return checkpointEverySteps > 0 && step % checkpointEverySteps == 0;
  }

  /** What a classifier's training minimises. */
  public ClassificationObjective objective() {
    return new ClassificationObjective(labelSmoothing, consistency);
  }
}
