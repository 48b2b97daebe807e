'use client';

import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { ToggleButton } from 'react-aria-components/ToggleButton';
import { buttonClasses } from './button-classes.ts';
import { TextField, type TextFieldProps } from './text-field.tsx';

/** Takes paste and password managers; can be shown. */
export function PasswordField(props: Omit<TextFieldProps, 'type' | 'suffix' | 'rows'>) {
  const [shown, setShown] = useState(false);
  return (
    <TextField
      {...props}
      type={shown ? 'text' : 'password'}
      suffix={
        <ToggleButton
          aria-label="Show password"
          isSelected={shown}
          onChange={setShown}
          className={buttonClasses({ variant: 'quiet', size: 'sm', iconOnly: true })}
        >
          {shown ? <EyeOff size={16} aria-hidden="true" /> : <Eye size={16} aria-hidden="true" />}
        </ToggleButton>
      }
    />
  );
}
