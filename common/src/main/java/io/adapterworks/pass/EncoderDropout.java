package io.adapterworks.pass;

import io.adapterworks.error.Check;
import java.io.Serializable;

/**
 * What an encoder of the BERT family drops while it is trained, besides LoRA's own dropout. Devlin
 * et al. 2018, arXiv:1810.04805; Hugging Face's {@code hidden_dropout_prob} and {@code
 * attention_probs_dropout_prob}, which PEFT leaves on.
 *
 * @param hidden share of the embeddings, and of what each block adds to its residual
 * @param attention share of the attention weights
 */
public record EncoderDropout(double hidden, double attention) implements Serializable {
  /** Nothing is dropped. */
  public static final EncoderDropout NONE = new EncoderDropout(0, 0);

  public EncoderDropout {
    Check.inRange("base.dropout.hidden", hidden, 0, 0.9);
    Check.inRange("base.dropout.attention", attention, 0, 0.9);
  }
}
