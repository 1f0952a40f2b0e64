package io.adapterworks.curate.conversation;

/** One turn of a conversation. */
public record ChatMessage(Role role, String content) {
  /** Who speaks. */
  public enum Role {
    SYSTEM("system"),
    USER("user"),
    ASSISTANT("assistant");

    private final String templateName;

    Role(String templateName) {
      this.templateName = templateName;
    }

    /** The role as chat templates name it. */
    public String templateName() {
      return templateName;
    }
  }
}
