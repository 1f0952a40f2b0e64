package io.adapterworks.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.JsonFields;
import java.util.ArrayList;
import java.util.List;

/** Two neighbouring tokens that byte-pair encoding makes one (Sennrich et al. 2016). */
record MergeRule(String left, String right) {
  String merged() {
    return left + right;
  }

  /** The rules of a {@code tokenizer.json}, in either of its forms. */
  static List<MergeRule> parse(JsonFields model) {
    List<MergeRule> merges = new ArrayList<>();
    model.find("merges").ifPresent(node -> node.forEach(m -> merges.add(parse(m, model.source()))));
    return merges;
  }

  private static MergeRule parse(JsonNode merge, String source) {
    if (merge.isArray() && merge.size() == 2) {
      return new MergeRule(merge.get(0).asText(), merge.get(1).asText());
    }
    int space = merge.asText("").indexOf(' ');
    Check.that(space > 0, ErrorCode.MODEL, "%s: the merge %s is not two tokens", source, merge);
    return new MergeRule(merge.asText().substring(0, space), merge.asText().substring(space + 1));
  }

  /** As GGUF writes it. */
  @Override
  public String toString() {
    return left + " " + right;
  }
}
