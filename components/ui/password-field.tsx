'use client';

import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from './icon-button.tsx';
import { TextField, type TextFieldProps } from './text-field.tsx';

/** Takes paste and password managers; can be shown. */
export function PasswordField(props: Omit<TextFieldProps, 'type' | 'suffix' | 'rows'>) {
  const [shown, setShown] = useState(false);
  return (
    <TextField
      {...props}
      type={shown ? 'text' : 'password'}
      suffix={
        <IconButton
          label="Show password"
          aria-pressed={shown}
          size="sm"
          tooltip={false}
          onPress={() => setShown(!shown)}
          icon={shown ? <EyeOff size={16} aria-hidden="true" /> : <Eye size={16} aria-hidden="true" />}
        />
      }
    />
  );
}
