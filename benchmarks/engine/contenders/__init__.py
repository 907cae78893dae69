"""Who answers, one module each; a module is imported only in the process that measures it."""
